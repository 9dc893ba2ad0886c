"""The headers of each source's files, in the order of their columns.

Most systems export the Chinese names of the shipped template; the marketing hub exports its own
English names (mapped in company.yml) and the quoting tool the canonical ones.
"""

from __future__ import annotations

HEADERS: dict[str, dict[str, str]] = {
    "hr_people": {
        "person_id": "人员编号", "name": "姓名", "team": "团队", "region": "大区", "manager_id": "上级编号",
        "hired_on": "入职日期", "left_on": "离职日期", "email": "邮箱", "wecom_id": "企业微信账号",
    },
    "hr_org_units": {
        "org_id": "组织编号", "name": "组织名称", "parent_id": "上级组织编号", "kind": "组织类型",
        "valid_from": "生效日期", "valid_to": "失效日期",
    },
    "hr_assignments": {
        "person_id": "人员编号", "org_id": "组织编号", "valid_from": "生效日期", "valid_to": "失效日期",
    },
    "crm_accounts": {
        "account_id": "客户编号", "name": "客户名称", "owner_id": "负责人编号", "region": "大区", "industry": "行业",
        "size": "规模", "customer_type": "客户类型", "lead_source": "客户来源", "is_strategic": "战略客户",
        "typed_tier": "客户等级", "state": "客户状态", "demand_status": "需求状态", "preference": "客户偏好",
        "created_at": "创建时间", "phone": "电话", "email": "邮箱", "credit_code": "统一社会信用代码",
    },
    "crm_contacts": {
        "contact_id": "联系人编号", "account_id": "客户编号", "name": "姓名", "title": "职务", "phone": "电话",
        "email": "邮箱", "is_primary": "主要联系人",
    },
    "crm_opportunities": {
        "opportunity_id": "商机编号", "name": "商机名称", "account_id": "客户编号", "owner_id": "负责人编号",
        "pipeline": "销售流程", "product_line": "产品线", "region": "大区", "stage": "阶段", "amount": "预计金额",
        "currency": "币种", "probability": "赢单概率", "created_at": "创建时间", "expected_close_on": "预计成交日期",
        "closed_at": "关闭时间", "updated_at": "更新时间", "lead_source": "商机来源", "loss_reason": "输单原因",
        "competitor": "竞争对手",
    },
    "crm_stage_events": {
        "opportunity_id": "商机编号", "from_stage": "变更前阶段", "to_stage": "变更后阶段", "changed_at": "变更时间",
        "changed_by": "变更人编号",
    },
    "crm_activities": {
        "activity_id": "跟进编号", "person_id": "跟进人编号", "occurred_at": "跟进时间", "kind": "跟进方式",
        "entered_at": "录入时间", "account_id": "客户编号", "opportunity_id": "商机编号", "lead_id": "线索编号",
        "content": "跟进内容", "feedback": "客户反馈", "next_step": "下一步计划", "next_step_on": "下次跟进日期",
        "attachment": "附件", "open_questions_asked": "开放式提问数", "checkin_at": "签到时间",
        "checkin_lat": "签到纬度", "checkin_lon": "签到经度",
    },
    "hub_leads": {
        "lead_id": "Lead ID", "created_at": "Create Date (UTC)", "name": "Contact Name", "company": "Company",
        "phone": "Phone Number", "wechat_id": "WeChat", "lead_source": "Original Source", "owner_id": "Lead Owner",
        "assigned_at": "Owner Assigned Date (UTC)", "first_response_at": "First Reply (UTC)",
        "status": "Lead Status", "is_valid": "Qualified?", "region": "Territory", "product_line": "Interest",
        "converted_account_id": "Converted Account", "converted_opportunity_id": "Converted Deal",
    },
    "crm_quotes": {
        "quote_id": "quote_id", "opportunity_id": "opportunity_id", "issued_on": "issued_on", "amount": "amount",
        "person_id": "person_id",
    },
    "erp_orders": {
        "order_id": "订单编号", "line_no": "行号", "account_id": "客户编号", "person_id": "签单人编号",
        "signed_on": "签订日期", "amount": "金额", "currency": "币种", "opportunity_id": "商机编号",
        "product_line": "产品线", "region": "大区", "status": "订单状态", "cancelled_on": "取消日期",
        "quantity": "数量", "cost": "成本", "is_tax_included": "是否含税", "contract_end_on": "合同到期日",
    },
    "erp_credit_splits": {"order_id": "订单编号", "person_id": "人员编号", "share": "分成比例"},
    "erp_receivables": {"order_id": "订单编号", "due_on": "应收日期", "amount": "应收金额"},
    "erp_payments": {
        "payment_id": "回款编号", "order_id": "订单编号", "received_on": "回款日期", "amount": "回款金额",
        "due_on": "应收日期",
    },
    "care_satisfaction": {
        "account_id": "客户编号", "surveyed_on": "调查日期", "score": "得分", "scale": "满分",
    },
    "fx_rates": {"currency": "币种", "valid_on": "日期", "rate": "汇率"},
}  # fmt: skip
TARGETS = {
    "period": "期间", "metric": "指标", "node": "组织节点", "region": "大区", "team": "团队", "person": "人员",
    "product_line": "产品线", "value": "目标值", "value_kind": "目标方式", "unit": "单位", "level": "目标级别",
    "reserve_rate": "弹性比例", "responsible_id": "负责人编号", "effective_from": "生效日期",
    "changed_by": "修改人", "reason": "修改原因",
}  # fmt: skip
PROGRESS = {
    "period": "期间", "scope": "范围", "metric": "指标", "reported_on": "填报日期", "typed_actual": "实际完成",
    "reason": "未达成原因", "plan": "调整计划", "reported_by": "填报人",
}  # fmt: skip
TASKS = {
    "task_id": "任务编号", "title": "任务名称", "assignee": "责任人", "due_on": "截止日期", "completed_on": "完成日期",
    "status": "任务状态", "account_id": "客户编号", "opportunity_id": "商机编号", "cause": "差距原因",
}  # fmt: skip
MARKET = {
    "observed_on": "观察日期", "kind": "类型", "region": "大区", "product_line": "产品线", "change_rate": "变化率",
    "compared_with": "对比基准",
}  # fmt: skip
PERSONAL = {
    "account_id": "客户编号", "name": "客户名称", "industry": "行业", "phone": "电话", "owner_id": "负责人编号",
    "state": "客户状态",
}  # fmt: skip
